// All ALS kernels for one instruction set. The includer defines SW_NAME(name), SW_LANES (floats in a vector), and
// SW_ROWS and SW_WIDTH (rows and maximum vectors of a tile that fits in registers); they are undefined at the end.
#include "vectors.inc.h"
#include "normal_matrix.inc.h"
#include "cholesky.inc.h"
#include "row_solver.inc.h"
#include "scoring.inc.h"
#undef SW_NAME
#undef SW_LANES
#undef SW_ROWS
#undef SW_WIDTH
#undef SW_SMALL
#undef SW_GATHER
#undef SW_OWN
