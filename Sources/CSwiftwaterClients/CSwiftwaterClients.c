#include "CSwiftwaterClients.h"
