/* The float core against PyTorch, ONNX Runtime and the equations written out: 1e-6, gradients 1e-5. */
#include "golden/golden_check.h"

int main(void) { return run_golden(1e-6, 1e-5); }
