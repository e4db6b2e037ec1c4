#include "model/account.h"

namespace dayan {

std::string to_text(const AccountKey& account) {
  std::string text(to_text(account.kind));
  if (!account.owner.is_none()) text += '/' + to_text(account.owner);
  return text;
}

}  // namespace dayan
