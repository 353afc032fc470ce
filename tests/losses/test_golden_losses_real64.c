/* The double core's losses against the same numbers. */
#include "golden_losses.h"

int main(void)
{
    return run_golden_losses(1e-12);
}
