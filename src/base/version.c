/* The version, and which optional parts this library was built with. */
#include <rondo/rondo.h>

static const char version[] = RONDO_VERSION " (features"
#if RONDO_WITH_JSON
                                            " json"
#endif
#if RONDO_WITH_ZLIB
                                            " zlib"
#endif
#if RONDO_WITH_ZIP
                                            " zip"
#endif
#if RONDO_WITH_AUDIO
                                            " audio"
#endif
#if RONDO_WITH_UNICODE
                                            " unicode"
#endif
#if !RONDO_WITH_JSON && !RONDO_WITH_ZLIB && !RONDO_WITH_ZIP && !RONDO_WITH_AUDIO && !RONDO_WITH_UNICODE
                                            " none"
#endif
                                            ")";

const char *rondo_version(void)
{
    return version;
}
