/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The C interface of Millrace's runtime: the C++ class Session for C, Python and others. It only
 * grows: functions and structs stay as they are, new ones are added (MILLRACE_API_VERSION).
 *
 * Functions that can fail return 0 (or a handle) for success and a millrace_status else (or null);
 * millrace_last_error() then has the message, for the calling thread. All functions of a session
 * may be called from several threads at once.
 */
#ifndef MILLRACE_H
#define MILLRACE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MILLRACE_API_VERSION 2
#define MILLRACE_MAX_RANK 16

typedef enum millrace_status {
    MILLRACE_OK = 0,
    MILLRACE_ERROR_USAGE = 1,       /* a call or an option that makes no sense */
    MILLRACE_ERROR_FILE = 2,        /* a file that cannot be read or written */
    MILLRACE_ERROR_MANIFEST = 3,    /* millrace.json is missing, broken, or of another format */
    MILLRACE_ERROR_XCLBIN = 4,      /* not an xclbin, cut short, of another kernel or design */
    MILLRACE_ERROR_SHAPE = 5,       /* arrays that are not the model's */
    MILLRACE_ERROR_VALUE = 6,       /* numbers that are not finite or out of range */
    MILLRACE_ERROR_UNSUPPORTED = 7, /* a host step that this runtime does not have */
    MILLRACE_ERROR_NO_DEVICE = 8,   /* the device is not there, or not built in */
    MILLRACE_ERROR_DEVICE = 9,      /* the device failed */
    MILLRACE_ERROR_TIMEOUT = 10,    /* the kernel did not finish in time: reopen the session */
    MILLRACE_ERROR_INTERNAL = 70    /* a defect of the runtime */
} millrace_status;

/* Element types. 4-bit integers and booleans take one byte an element. */
typedef enum millrace_element_type {
    MILLRACE_FLOAT32 = 0,
    MILLRACE_FLOAT64 = 1,
    MILLRACE_FLOAT16 = 2,
    MILLRACE_BFLOAT16 = 3,
    MILLRACE_INT4 = 4,
    MILLRACE_UINT4 = 5,
    MILLRACE_INT8 = 6,
    MILLRACE_UINT8 = 7,
    MILLRACE_INT16 = 8,
    MILLRACE_UINT16 = 9,
    MILLRACE_INT32 = 10,
    MILLRACE_UINT32 = 11,
    MILLRACE_INT64 = 12,
    MILLRACE_UINT64 = 13,
    MILLRACE_BOOLEAN = 14
} millrace_element_type;

/* An input or output of the model. `shape` is that of one sample, its batch axis of size 1
 * included where the model has one. `name` lives as long as the session. */
typedef struct millrace_tensor_info {
    const char* name;
    int32_t type; /* millrace_element_type */
    int32_t rank;
    int64_t shape[MILLRACE_MAX_RANK];
    uint64_t sample_bytes; /* of one sample in memory */
} millrace_tensor_info;

/* Memory of the caller: samples one after another, each row-major as the model shapes it. `type`
 * of an input may be any for a model's float input; an output has the model's type. `bytes` is
 * checked against type, shape and number of samples. */
typedef struct millrace_array {
    int32_t type; /* millrace_element_type */
    void* data;
    uint64_t bytes;
} millrace_array;

/* As runtime/statistics.hpp: seconds and bytes. */
typedef struct millrace_statistics {
    int64_t requests;
    int64_t samples;
    int64_t batches;
    double seconds;
    double samples_per_second;
    double latency_p50;
    double latency_p95;
    double latency_p99;
    double latency_max;
    uint64_t bytes_to_device;
    uint64_t bytes_from_device;
} millrace_statistics;

/* Zero is the default of every field. Numbers beyond millrace_option_limit() are refused as
 * MILLRACE_ERROR_USAGE before anything is opened. */
typedef struct millrace_options {
    const char* device;    /* "sim", "csim", "rtlsim", "xrt", "xrt:1", "xrt-emu"; null: "sim",
                            * the project's simulation */
    const char* xclbin;    /* null: the project's, build/KERNEL.xclbin */
    uint32_t batch;        /* frames of a batch at most */
    uint32_t streams;      /* batches under way on a compute unit */
    uint32_t timeout_ms;   /* of the kernel's work on a batch, until it counts as hung; 0: as
                            * runtime/session.hpp */
    uint32_t reserved[13]; /* zero */
} millrace_options;

typedef struct millrace_session millrace_session;
typedef struct millrace_request millrace_request;

uint32_t millrace_api_version(void);
/* The largest number that a field of millrace_options takes: "batch", "streams", "timeout_ms"; 0
 * for any other name. Since version 2. */
uint32_t millrace_option_limit(const char* option);
/* The latest failure's message in this thread; "" when there was none. Lives until the next call
 * in this thread. */
const char* millrace_last_error(void);

/* Opens a project's folder, its millrace.json, or an .xclbin beside it. Null on failure, with the
 * reason in `status` where that is not null. `options` may be null. */
millrace_session* millrace_open(const char* path, const millrace_options* options,
                                millrace_status* status);
/* Waits for what is under way. Null is allowed. */
void millrace_close(millrace_session* session);

size_t millrace_input_count(const millrace_session* session);
size_t millrace_output_count(const millrace_session* session);
millrace_status millrace_input_info(const millrace_session* session, size_t index,
                                    millrace_tensor_info* info);
millrace_status millrace_output_info(const millrace_session* session, size_t index,
                                     millrace_tensor_info* info);
/* The device for people. Lives as long as the session. */
const char* millrace_device_description(const millrace_session* session);

/* Runs `samples` samples: an array for each input and each output, in the model's order. */
millrace_status millrace_infer(millrace_session* session, const millrace_array* inputs,
                               size_t input_count, int64_t samples, const millrace_array* outputs,
                               size_t output_count);

/* The same in two steps. The memory of inputs must stay until millrace_wait() returns; every
 * request must be waited for once. Null on failure. */
millrace_request* millrace_submit(millrace_session* session, const millrace_array* inputs,
                                  size_t input_count, int64_t samples, millrace_status* status);
/* Frees the request, whatever it returns; but one of another session is MILLRACE_ERROR_USAGE and
 * stays as it was, to be waited for with that session. */
millrace_status millrace_wait(millrace_session* session, millrace_request* request,
                              const millrace_array* outputs, size_t output_count);
/* 1 when millrace_wait() would return at once. */
int millrace_done(const millrace_session* session, const millrace_request* request);

void millrace_get_statistics(const millrace_session* session, millrace_statistics* statistics);
void millrace_reset_statistics(millrace_session* session);

#ifdef __cplusplus
}
#endif

#endif
