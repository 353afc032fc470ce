/* Scalar exp, log, cos of our own in double: the same bits with every libm. For initialisation, sampling,
 * schedules and reports; never in a kernel. */
#ifndef RD_NUMERIC_H
#define RD_NUMERIC_H

double rd_exp64(double x); /* within 2 ulp; 0 and infinity at the ends, NaN stays NaN */
double rd_log64(double x); /* within 2 ulp; -infinity at 0, NaN below */
double rd_cos64(double x); /* |x| <= 1e6, within 1e-15 absolute */

#endif
