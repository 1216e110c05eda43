// SPDX-License-Identifier: BSD-2-Clause
// Messages of components: level, place and text on stdout. ZF_LOGF stops the calling thread as well.
// Levels below ZF_LOG_LEVEL cost nothing; define it before including this.
#ifndef UTILS_ZF_LOG_H
#define UTILS_ZF_LOG_H

#include <stdio.h>
#include <stdlib.h>

#define ZF_LOG_VERBOSE 1
#define ZF_LOG_DEBUG   2
#define ZF_LOG_INFO    3
#define ZF_LOG_WARN    4
#define ZF_LOG_ERROR   5
#define ZF_LOG_FATAL   6
#define ZF_LOG_NONE    7

#ifndef ZF_LOG_LEVEL
#define ZF_LOG_LEVEL ZF_LOG_ERROR
#endif

#define UTILS_LOG(level, letter, ...)                                                     \
    do {                                                                                  \
        if ((level) >= ZF_LOG_LEVEL) {                                                    \
            (void)printf("%c %s@%s:%d ", letter, __func__, __FILE__, __LINE__);           \
            (void)printf(__VA_ARGS__);                                                    \
            (void)printf("\n");                                                           \
        }                                                                                 \
    } while (0)

#define ZF_LOGV(...) UTILS_LOG(ZF_LOG_VERBOSE, 'V', __VA_ARGS__)
#define ZF_LOGD(...) UTILS_LOG(ZF_LOG_DEBUG, 'D', __VA_ARGS__)
#define ZF_LOGI(...) UTILS_LOG(ZF_LOG_INFO, 'I', __VA_ARGS__)
#define ZF_LOGW(...) UTILS_LOG(ZF_LOG_WARN, 'W', __VA_ARGS__)
#define ZF_LOGE(...) UTILS_LOG(ZF_LOG_ERROR, 'E', __VA_ARGS__)
#define ZF_LOGF(...)                                  \
    do {                                              \
        UTILS_LOG(ZF_LOG_FATAL, 'F', __VA_ARGS__);    \
        abort();                                      \
    } while (0)

#define UTILS_LOG_IF(log, condition, ...) \
    do {                                  \
        if (condition) {                  \
            log(__VA_ARGS__);             \
        }                                 \
    } while (0)

#define ZF_LOGD_IF(condition, ...) UTILS_LOG_IF(ZF_LOGD, condition, __VA_ARGS__)
#define ZF_LOGI_IF(condition, ...) UTILS_LOG_IF(ZF_LOGI, condition, __VA_ARGS__)
#define ZF_LOGW_IF(condition, ...) UTILS_LOG_IF(ZF_LOGW, condition, __VA_ARGS__)
#define ZF_LOGE_IF(condition, ...) UTILS_LOG_IF(ZF_LOGE, condition, __VA_ARGS__)
#define ZF_LOGF_IF(condition, ...) UTILS_LOG_IF(ZF_LOGF, condition, __VA_ARGS__)

#endif
