/* Only for the static analyser, which sees one file at a time: what rd_fail gives is never RONDO_OK. */
#include "base/status.h"
#define rd_fail(error, status, ...) ((void)rd_fail(error, status, __VA_ARGS__), status)
