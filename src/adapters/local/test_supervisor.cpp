#include <string_view>

#include "adapters/local/supervise.h"

int main(int count, char** words) {
  if (count == 3 && std::string_view(words[1]) == "supervise") return dayan::adapters::supervise_main(words[2]);
  return 2;
}
