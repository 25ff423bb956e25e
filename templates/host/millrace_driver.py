# SPDX-License-Identifier: Apache-2.0
#
# Runs a compiled model from Python, on a board (PYNQ, Kria, Alveo) or on the C simulation: a thin
# wrapper over the C interface in host/runtime/millrace.h. Needs numpy and build/libmillrace.so,
# which `make host` builds.
#
#   from millrace_driver import Accelerator
#   with Accelerator("path/to/project", device="xrt") as accelerator:
#       y = accelerator.infer(x)        # x: [samples, ...], or the model's shape with that batch;
#                                       # y: [samples, ...]
#
# Float inputs are quantized, and outputs are the model's real outputs: what the host computes
# before and after the kernel is done here, too. On PYNQ, load the bitstream first
# (pynq.Overlay("KERNEL.bit")); the session then finds XRT's device 0.
import ctypes
import operator
import os

import numpy as np

_MAX_RANK = 16
_USAGE = 1  # MILLRACE_ERROR_USAGE

# millrace_element_type by its number; 4-bit types take a byte an element. numpy has no bfloat16:
# its two bytes are passed as they are.
_TYPES = [np.float32, np.float64, np.float16, np.uint16, np.int8, np.uint8, np.int8, np.uint8,
          np.int16, np.uint16, np.int32, np.uint32, np.int64, np.uint64, np.bool_]
_CODES = {np.dtype(np.float32): 0, np.dtype(np.float64): 1, np.dtype(np.float16): 2,
          np.dtype(np.int8): 6, np.dtype(np.uint8): 7, np.dtype(np.int16): 8,
          np.dtype(np.uint16): 9, np.dtype(np.int32): 10, np.dtype(np.uint32): 11,
          np.dtype(np.int64): 12, np.dtype(np.uint64): 13, np.dtype(np.bool_): 14}


class MillraceError(RuntimeError):
    """What the runtime reports; `status` is a millrace_status."""

    def __init__(self, message, status):
        super().__init__(message)
        self.status = status


class _TensorInfo(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("type", ctypes.c_int32), ("rank", ctypes.c_int32),
                ("shape", ctypes.c_int64 * _MAX_RANK), ("sample_bytes", ctypes.c_uint64)]


class _Array(ctypes.Structure):
    _fields_ = [("type", ctypes.c_int32), ("data", ctypes.c_void_p), ("bytes", ctypes.c_uint64)]


class _Statistics(ctypes.Structure):
    _fields_ = [("requests", ctypes.c_int64), ("samples", ctypes.c_int64),
                ("batches", ctypes.c_int64), ("seconds", ctypes.c_double),
                ("samples_per_second", ctypes.c_double), ("latency_p50", ctypes.c_double),
                ("latency_p95", ctypes.c_double), ("latency_p99", ctypes.c_double),
                ("latency_max", ctypes.c_double), ("bytes_to_device", ctypes.c_uint64),
                ("bytes_from_device", ctypes.c_uint64)]


class _Options(ctypes.Structure):
    _fields_ = [("device", ctypes.c_char_p), ("xclbin", ctypes.c_char_p),
                ("batch", ctypes.c_uint32), ("streams", ctypes.c_uint32),
                ("timeout_ms", ctypes.c_uint32), ("reserved", ctypes.c_uint32 * 13)]


def _load(path):
    library = ctypes.CDLL(path)
    session = ctypes.c_void_p
    size = ctypes.c_size_t
    arrays = ctypes.POINTER(_Array)
    info = ctypes.POINTER(_TensorInfo)
    status = ctypes.POINTER(ctypes.c_int)
    for name, result, arguments in (
            ("api_version", ctypes.c_uint32, []),
            ("option_limit", ctypes.c_uint32, [ctypes.c_char_p]),
            ("last_error", ctypes.c_char_p, []),
            ("open", session, [ctypes.c_char_p, ctypes.POINTER(_Options), status]),
            ("close", None, [session]),
            ("input_count", size, [session]),
            ("output_count", size, [session]),
            ("input_info", ctypes.c_int, [session, size, info]),
            ("output_info", ctypes.c_int, [session, size, info]),
            ("device_description", ctypes.c_char_p, [session]),
            ("infer", ctypes.c_int, [session, arrays, size, ctypes.c_int64, arrays, size]),
            ("get_statistics", None, [session, ctypes.POINTER(_Statistics)]),
            ("reset_statistics", None, [session])):
        function = getattr(library, "millrace_" + name)
        function.restype = result
        function.argtypes = arguments
    return library


class Tensor:
    """An input or output of the model: name, numpy dtype, shape of a sample as the model has it
    (its batch axis, of size 1, included)."""

    def __init__(self, info):
        self.name = info.name.decode(errors="replace")
        self.code = info.type
        self.dtype = np.dtype(_TYPES[info.type])
        self.shape = tuple(info.shape[:info.rank])

    def batch_shape(self, samples):
        """The shape of an array of samples: the batch axis replaced where the model has one."""
        if self.shape and self.shape[0] == 1:
            return (samples,) + self.shape[1:]
        return (samples,) + self.shape

    def __repr__(self):
        return f"{self.name}: {self.dtype}{list(self.shape)}"


class Accelerator:
    """A project's model on a device: "xrt" (the default), "xrt:1", "xrt-emu", or "sim" (its
    simulation).

    project: its folder, its millrace.json, or an .xclbin beside that file; by default the project
    that this file lies in. xclbin: by default the project's build/KERNEL.xclbin. library:
    libmillrace.so, by default in the build folder of the project that this file lies in. batch,
    streams, timeout_ms: 0 is the runtime's choice.
    """

    def __init__(self, project=None, device="xrt", xclbin=None, batch=0, streams=0, timeout_ms=0,
                 library=None):
        self._session = None
        here = os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir)
        self._library = _load(library or os.path.join(here, "build", "libmillrace.so"))
        numbers = {"batch": batch, "streams": streams, "timeout_ms": timeout_ms}
        for name, value in numbers.items():  # a C number would wrap around
            most = self._library.millrace_option_limit(name.encode())
            if not 0 <= operator.index(value) <= most:
                raise MillraceError(f"{name}: {value} is not a number from 1 to {most}, or 0 for "
                                    "the default", _USAGE)
        options = _Options(device=(device or "xrt").encode(),
                           xclbin=xclbin and os.fsencode(xclbin), **numbers)
        status = ctypes.c_int(0)
        self._session = self._library.millrace_open(os.fsencode(project or here),
                                                    ctypes.byref(options), ctypes.byref(status))
        if not self._session:
            raise self._error(status.value)
        self.inputs = self._tensors(self._library.millrace_input_count,
                                    self._library.millrace_input_info)
        self.outputs = self._tensors(self._library.millrace_output_count,
                                     self._library.millrace_output_info)

    def _error(self, status):
        return MillraceError(self._library.millrace_last_error().decode(errors="replace"), status)

    def _check(self, status):
        if status != 0:
            raise self._error(status)

    def _tensors(self, count, information):
        tensors = []
        for index in range(count(self._session)):
            info = _TensorInfo()
            self._check(information(self._session, index, ctypes.byref(info)))
            tensors.append(Tensor(info))
        return tensors

    @property
    def device(self):
        """The device, for people."""
        return self._library.millrace_device_description(self._session).decode(errors="replace")

    def infer(self, *inputs):
        """Runs the samples: an array for each input of the model, of any type for float inputs and
        of either byte order: [samples, ...], or the model's shape with its batch axis replaced.

        Returns an array [samples, ...], with the model's shape of a sample behind the axis of
        samples: what `millrace run --output` writes. A list of such arrays where the model has
        several outputs.
        """
        if self._session is None:
            raise ValueError("the accelerator is closed")
        if len(inputs) != len(self.inputs):
            noun = "input" if len(self.inputs) == 1 else "inputs"
            raise ValueError(f"the model has {len(self.inputs)} {noun}, not {len(inputs)}")
        given = [self._prepared(tensor, array) for tensor, array in zip(self.inputs, inputs)]
        samples = given[0][1]
        if any(count != samples for _, count in given):
            raise ValueError("the inputs differ in the number of samples")
        results = [np.empty((samples,) + tensor.shape, tensor.dtype) for tensor in self.outputs]
        sources = (_Array * len(given))(*(
            self._described(array, self._code(tensor, array))
            for tensor, (array, _) in zip(self.inputs, given)))
        targets = (_Array * len(results))(*(
            self._described(array, tensor.code)
            for tensor, array in zip(self.outputs, results)))
        self._check(self._library.millrace_infer(self._session, sources, len(given), samples,
                                                 targets, len(results)))
        return results[0] if len(results) == 1 else results

    @staticmethod
    def _prepared(tensor, array):
        """The array, contiguous, and its number of samples."""
        array = np.ascontiguousarray(array)
        if not array.dtype.isnative:
            array = array.astype(array.dtype.newbyteorder("="))
        for sample in (tensor.shape, tensor.shape[1:] if tensor.shape[:1] == (1,) else None):
            if sample is not None and array.ndim == len(sample) + 1 and array.shape[1:] == sample:
                return array, array.shape[0]
        raise ValueError(f"input {tensor.name} has the shape {list(array.shape)}; expected is "
                         f"{list(tensor.batch_shape(-1))}, -1 being the number of samples")

    @staticmethod
    def _code(tensor, array):
        if array.dtype == tensor.dtype:
            return tensor.code
        if array.dtype not in _CODES:
            raise ValueError(f"input {tensor.name}: arrays of {array.dtype} are not supported")
        return _CODES[array.dtype]

    @staticmethod
    def _described(array, code):
        return _Array(type=code, data=array.ctypes.data, bytes=array.nbytes)

    def statistics(self):
        """Counts, seconds and bytes since the session began, as a dictionary."""
        values = _Statistics()
        self._library.millrace_get_statistics(self._session, ctypes.byref(values))
        return {name: getattr(values, name) for name, _ in _Statistics._fields_}

    def reset_statistics(self):
        self._library.millrace_reset_statistics(self._session)

    def close(self):
        """Waits for what is under way and frees the device."""
        if self._session is not None:
            self._library.millrace_close(self._session)
            self._session = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __del__(self):
        self.close()
