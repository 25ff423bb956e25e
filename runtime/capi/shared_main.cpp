// SPDX-License-Identifier: Apache-2.0
//
// The shared library is the static one as a whole; a library needs a source of its own.
#include "runtime/millrace.h"
