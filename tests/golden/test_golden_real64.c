/* The double core against the same numbers: 1e-12, gradients 1e-10. */
#include "golden/golden_check.h"

int main(void) { return run_golden(1e-12, 1e-10); }
