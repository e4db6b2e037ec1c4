#pragma once

#include <cstdint>

#include "base/time.h"
#include "base/units.h"

/// How fast one core of this machine is, measured by a fixed amount of mixed integer and floating-point work. A
/// coarse figure to compare centres by, not a certificate: it says nothing of memory, vector units or many cores at
/// once.

namespace dayan::probes {

/// One round is one step of a 64-bit multiply-xor chain and one step of a double multiply-add-divide chain, each
/// depending on the step before, so that clock rate and instruction latency decide.
inline constexpr std::int64_t benchmark_rounds = 10'000'000;
inline constexpr int benchmark_runs = 3;

/// The reference core (Capability 10,000) does so many rounds in a second of its own CPU time. A definition, chosen
/// near one core of a present x86 server (the first one tried did 208 million); to change it would change the meaning
/// of every figure that was ever reported.
inline constexpr std::int64_t reference_rounds_per_second = 200'000'000;

/// Capability of a core that needed `cpu_time` for benchmark_rounds; zero (unknown) when cpu_time is not positive.
[[nodiscard]] Capability capability_of(Duration cpu_time);

/// The best of benchmark_runs, in CPU time of the calling thread, so that a busy machine does not make it slower than
/// it is. Takes 0.15 s on the reference core.
[[nodiscard]] Capability measure_core();

}  // namespace dayan::probes
