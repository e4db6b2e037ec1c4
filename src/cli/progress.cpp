#include "cli/progress.h"

#include <ostream>

#include "cli/display.h"

namespace dayan::cli {

void Progress::show(const std::string& text) { show(text, text); }

void Progress::show(const std::string& text, const std::string& news) {
  const std::string& told = host_.err_is_terminal ? text : news;
  if (told == last_) return;
  last_ = told;
  if (host_.err_is_terminal) {
    host_.err << "\r\x1b[K" << harmless(text) << std::flush;
    is_open_ = true;
  } else {
    host_.err << harmless(text) << std::endl;
  }
}

void Progress::show_fine(const std::string& text) {
  if (host_.err_is_terminal) show(text);
}

void Progress::finish() {
  if (is_open_) host_.err << std::endl;
  is_open_ = false;
}

}  // namespace dayan::cli
