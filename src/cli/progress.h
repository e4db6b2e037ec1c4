#pragma once

#include <string>

#include "cli/host.h"

namespace dayan::cli {

/// How far long work has come, on standard error: one line that is rewritten on a terminal; elsewhere a line only
/// when there is something new to say.
class Progress {
 public:
  explicit Progress(Host& host) : host_(host) {}
  ~Progress() { finish(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(const std::string& text);
  /// As show, of which only `news` is worth a line elsewhere than on a terminal: the rest may be a countdown.
  void show(const std::string& text, const std::string& news);
  /// As show, but of work that changes with every byte: elsewhere than on a terminal it is left out.
  void show_fine(const std::string& text);
  /// Ends the line that is being rewritten.
  void finish();

 private:
  Host& host_;
  std::string last_;
  bool is_open_ = false;
};

}  // namespace dayan::cli
