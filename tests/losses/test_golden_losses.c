/* The float core's losses against PyTorch and NumPy in double. */
#include "golden_losses.h"

int main(void)
{
    return run_golden_losses(3e-6);
}
