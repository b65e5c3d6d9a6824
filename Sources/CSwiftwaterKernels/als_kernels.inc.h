// All kernels of ALS for one instruction set: SW_NAME(name), SW_LANES (floats in a vector), SW_ROWS and SW_WIDTH (rows and most vectors of a
// tile that fits its registers) are set before and cleared here.
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
