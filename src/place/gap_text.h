#pragma once

#include <string>

#include "place/evaluation.h"

/// The words of what constraints.h found in numbers: both figures and their difference, in units that people read.

namespace dayan::place {

[[nodiscard]] std::string text_of(const Gap& gap, const Asking& asking, const Evaluation& evaluation, Outlook& outlook);

}  // namespace dayan::place
