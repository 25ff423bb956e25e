# SPDX-License-Identifier: Apache-2.0
#
# Runs a network on a board behind its serial line, or on the simulation of that. Needs Linux (or
# another POSIX system with termios) and numpy.
#
#   python3 open/board.py --port /dev/ttyUSB1 --input x.npy [--output y.npy] [--labels l.npy]
#   build/uartsim +mr_weights=weights --serve 'python3 open/board.py --port $PORT --input x.npy'
#
# Inputs (one --input for each port, in order) are samples of the kernel's port as the manifest
# shapes it, in front of it an axis of samples; a float array where the manifest has a quantizer
# with thresholds for the port, else integers. Outputs are the model's reals where the manifest has
# a decoder, else the port's integers; --output is repeated for several.
#
# A frame's bytes are sent only while all of its results under way fit into the window that
# open/frames.txt states: the line has no flow control. A break at the beginning resets the board.
import argparse
import json
import os
import select
import sys
import termios
import time

import numpy as np

PROJECT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class BoardError(Exception):
    pass


def read_frames():
    """The window, and for each side the bytes on the line of each port."""
    window, sides = 1, {"input": [], "output": []}
    with open(os.path.join(PROJECT, "open", "frames.txt"), encoding="ascii") as lines:
        for words in (line.split() for line in lines if line.strip() and line[0] != "#"):
            if words[0] == "window":
                window = int(words[1])
            else:
                sides[words[0]].append(int(words[2]))
    return window, sides["input"], sides["output"]


def quantize(samples, port):
    """The port's integers, samples first."""
    quantizer = port["quantizer"]
    shape = tuple(port["shape"])
    rule = quantizer or {}
    if "thresholds" in rule:
        if not np.all(np.isfinite(samples)):
            raise BoardError(f"{port['port']}: infinite values and NaN cannot be quantized")
        samples = samples.astype(np.float32)
        steps = np.searchsorted(np.array(rule["thresholds"], np.float32), samples, side="right")
        samples = rule["base"] + rule["step"] * steps
    elif not np.issubdtype(samples.dtype, np.integer):
        raise BoardError(f"{port['port']} takes integers of {port['bits']} bits, "
                         f"{port['encoding']}: what the model does before is not done here")
    if samples.ndim == 0 or samples.size % max(1, int(np.prod(shape))) != 0:
        raise BoardError(f"{port['port']}: {samples.shape} is not a number of samples of {shape}")
    samples = samples.reshape((-1,) + tuple(rule["transpose"]["shape"] if "transpose" in rule
                                            else shape))
    if "transpose" in rule:
        samples = samples.transpose([0] + [axis + 1 for axis in rule["transpose"]["perm"]])
    return samples.reshape(len(samples), -1)


def pack(integers, port, line_bytes):
    """Bytes on the line, a row a sample: containers from bit 0 upwards, little endian."""
    container = port["container_bits"]
    if port["encoding"] == "bipolar":
        integers = (integers + 1) // 2
    bits = (integers.astype(np.int64)[..., None] >> np.arange(container)) & 1
    bits[..., port["bits"]:] = 0
    data = np.packbits(bits.reshape(len(integers), -1).astype(np.uint8), axis=1, bitorder="little")
    assert data.shape[1] == line_bytes
    return data


def unpack(data, port):
    """The port's integers of rows of bytes."""
    elements = int(np.prod(port["shape"]))
    container, width = port["container_bits"], port["bits"]
    bits = np.unpackbits(data, axis=1, bitorder="little")[:, :elements * container]
    bits = bits.reshape(len(data), elements, container)[..., :width].astype(np.int64)
    integers = (bits << np.arange(width)).sum(axis=-1)
    if port["encoding"] == "bipolar":
        return 2 * integers - 1
    if port["encoding"] == "signed":
        integers -= (integers >> (width - 1)) << width
    return integers


def decode(integers, decoder, shape):
    """The model's output."""
    table = np.array(decoder["values"], np.float32).reshape(decoder["channels"], -1)
    channel = np.arange(integers.shape[1]) % decoder["channels"]
    reals = table[channel, integers - decoder["lo"]]
    if "transpose" in decoder:
        reals = reals.reshape((-1,) + tuple(decoder["transpose"]["shape"]))
        reals = reals.transpose([0] + [axis + 1 for axis in decoder["transpose"]["perm"]])
    return reals.reshape([-1] + shape)


class Line:
    """The serial port, raw, 8 data bits, no parity, one stop bit."""

    def __init__(self, path, baud, timeout):
        speed = getattr(termios, f"B{baud}", None)
        if speed is None:
            raise BoardError(f"this system's serial ports have no speed of {baud}")
        self.timeout = timeout
        self.file = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        settings = termios.tcgetattr(self.file)
        flags = termios.CS8 | termios.CREAD | termios.CLOCAL
        settings[:6] = [0, 0, flags, 0, speed, speed]
        termios.tcsetattr(self.file, termios.TCSANOW, settings)
        termios.tcsendbreak(self.file, 0)
        time.sleep(0.05)  # a result that the break cut off is on its way
        termios.tcflush(self.file, termios.TCIFLUSH)

    def exchange(self, frames, result_bytes, window):
        """Sends rows of bytes, returns rows of bytes."""
        sent, results = 0, bytearray()
        unsent = b""
        total = len(frames) * result_bytes
        last = time.monotonic()
        while len(results) < total:
            while sent < len(frames) and sent - len(results) // result_bytes < window:
                unsent += frames[sent].tobytes()
                sent += 1
            readable, writable, _ = select.select([self.file], [self.file] if unsent else [], [],
                                                  self.timeout)
            if writable:
                unsent = unsent[os.write(self.file, unsent):]
                last = time.monotonic()
            if readable:
                results += os.read(self.file, 4096)
                last = time.monotonic()
            if time.monotonic() - last > self.timeout:
                raise BoardError(f"the board is silent: {len(results)} of {total} bytes have come "
                                 f"in {self.timeout:g} s")
        if len(results) > total:
            raise BoardError("the board has sent more than it was asked for: is this its project?")
        return np.frombuffer(bytes(results), np.uint8).reshape(len(frames), result_bytes)


def run(arguments):
    with open(os.path.join(PROJECT, "millrace.json"), encoding="utf-8") as file:
        manifest = json.load(file)
    window, input_bytes, output_bytes = read_frames()
    ports = manifest["inputs"]
    if len(arguments.input) != len(ports):
        raise BoardError(f"the kernel has {len(ports)} inputs: name as many --input")
    rows = [pack(quantize(np.load(path), port), port, size)
            for path, port, size in zip(arguments.input, ports, input_bytes)]
    if len({len(row) for row in rows}) != 1:
        raise BoardError("the inputs differ in their number of samples")
    line = Line(arguments.port, arguments.baud, arguments.timeout)
    began = time.monotonic()
    data = line.exchange(np.concatenate(rows, axis=1), sum(output_bytes), window)
    seconds = time.monotonic() - began
    integers = [unpack(part, port) for part, port in
                zip(np.split(data, np.cumsum(output_bytes)[:-1], axis=1), manifest["outputs"])]
    decoders = manifest["decoders"]
    if decoders and all(decoders):
        outputs = [decode(integers[decoder["port"]], decoder, model["shape"])
                   for decoder, model in zip(decoders, manifest["interface"]["outputs"])]
    else:
        outputs = [values.reshape([-1] + port["shape"])
                   for values, port in zip(integers, manifest["outputs"])]
    for path, values in zip(arguments.output, outputs):
        np.save(path, values)
    print(f"{len(data)} frames in {seconds:.3f} s over {arguments.port}: "
          f"{len(data) / seconds:.1f} frames/s")
    if arguments.labels:
        labels = np.load(arguments.labels).reshape(-1)
        right = int((outputs[0].reshape(len(data), -1).argmax(axis=1) == labels[:len(data)]).sum())
        print(f"top-1 {right} of {len(data)}")


def main():
    parser = argparse.ArgumentParser(description="Runs the network on a board behind a serial line")
    parser.add_argument("--port", required=True, help="serial port, as /dev/ttyUSB1")
    parser.add_argument("--baud", type=int, default=115200, help="as the bitstream was made for")
    parser.add_argument("--input", action="append", required=True, help=".npy, once for each input")
    parser.add_argument("--output", action="append", default=[], help=".npy to write")
    parser.add_argument("--labels", help=".npy: print how many are right")
    parser.add_argument("--timeout", type=float, default=10, help="seconds of silence (default 10)")
    try:
        run(parser.parse_args())
    except (BoardError, OSError, ValueError, termios.error) as problem:
        sys.exit(f"error: {problem}")


if __name__ == "__main__":
    main()
