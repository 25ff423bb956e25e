// SPDX-License-Identifier: Apache-2.0
//
// The benches of the actors for convolutional networks once more, as synthesis sees them: with
// __SYNTHESIS__ defined there are only hardware loops, and parameters are constant arrays split by
// PE, which the benches fill as templates/hls/README.md lays them out.
#define __SYNTHESIS__
#include "arithmetic_actors_test.cpp"
#include "window_actors_test.cpp"
