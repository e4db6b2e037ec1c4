#include "core/platform_for_tests.h"

/// Organisations, users, tokens, weights and payments.

namespace dayan::core {
namespace {

using PartyTest = TwoCentres;

TEST_F(PartyTest, BootstrapWorksOnce) {
  // A second operator cannot be made by bootstrapping again.
  const auto refusal = refused(host_, Bootstrap{OrganisationId(9), UserId(9), ProjectId(9), "x", "y", sha256("z")});
  EXPECT_EQ(refusal.reason, RefusalReason::already_exists);
}

TEST_F(PartyTest, AnIdIsGivenOutOnce) {
  // A host that hands in an id of somebody else overwrites nobody: the operator stays the operator.
  const auto refusal = refused(as("root"), organisation(1, "usurper", true, false));
  EXPECT_EQ(refusal.reason, RefusalReason::already_exists);
  EXPECT_TRUE(state_.organisations.find({OrganisationId(1)})->is_operator);
}

TEST_F(PartyTest, WeightsAreSetByWhoeverMay) {
  // An operator weighs organisations and an organisation its own projects, in range; nobody else's, and no unknown
  // ones.
  must(as("root"), WeighOrganisation{"film-studio", 2'500});
  EXPECT_EQ(state_.organisations.find({OrganisationId(2)})->weight, 2'500);
  EXPECT_TRUE(must(as("root"), WeighOrganisation{"film-studio", 2'500}).events.empty());
  EXPECT_EQ(refused(as("film-studio"), WeighOrganisation{"film-studio", 9'000}).reason, RefusalReason::forbidden);
  EXPECT_EQ(refused(as("root"), WeighOrganisation{"nobody", 1'000}).reason, RefusalReason::not_found);
  for (const std::int64_t wrong : {std::int64_t{0}, std::int64_t{-1}, share_weight_max + 1}) {
    EXPECT_EQ(refused(as("root"), WeighOrganisation{"film-studio", wrong}).faults.front().field, "weight");
    EXPECT_EQ(refused(as("film-studio"), WeighProject{"default", wrong}).faults.front().field, "weight");
  }
  must(as("film-studio"), WeighProject{"default", 500});
  EXPECT_EQ(state_.projects.find({ProjectId(2)})->weight, 500);
  EXPECT_EQ(state_.projects.find({ProjectId(3)})->weight, share_weight_usual);
  EXPECT_EQ(refused(as("film-studio"), WeighProject{"shots", 500}).reason, RefusalReason::not_found);
  EXPECT_EQ(refused(as("agent guian"), WeighProject{"default", 500}).reason, RefusalReason::forbidden);
}

TEST_F(PartyTest, APaymentIsCreditedOnce) {
  // The reference is what tells one payment from another, whatever the key of the request and whoever is named.
  const Needs wanted = needs(state_, {as("root"), TopUpWallet{"film-studio", Cny::yuan(1), "bank 1"}});
  ASSERT_EQ(wanted.payments, std::vector<std::string>{"bank 1"});
  Fetched fetched;
  for (const RowChange& change : state_.drain()) {
    const auto* payment = std::get_if<PaymentRow>(&change.row);
    if (payment == nullptr) continue;
    EXPECT_EQ(change.fate, RowFate::retired) << "State holds live things only";
    fetched.payments.push_back(*payment);
  }
  ASSERT_EQ(fetched.payments.size(), 1U);
  const Refusal refusal = refused(as("root"), TopUpWallet{"film-studio", Cny::yuan(1), "bank 1"}, fetched);
  EXPECT_EQ(refusal.reason, RefusalReason::already_exists);
  EXPECT_EQ(refusal.faults[0].field, "reference");
  EXPECT_NE(refusal.faults[0].wrong.find("100"), std::string::npos);
  must(as("root"), TopUpWallet{"film-studio", Cny::yuan(1), "bank 2"});
  EXPECT_EQ(wallet_available(), Cny::yuan(101));
}

TEST_F(PartyTest, ALostTokenIsReissued) {
  // The operator for customers and providers, the machine's owner for an operator too; nobody else.
  must(as("root"), ReissueToken{"film-studio", sha256("again")});
  EXPECT_EQ(as("again").organisation, OrganisationId(2));
  EXPECT_EQ(as("again").user, UserId(2));
  EXPECT_TRUE(as("again").scopes.has(Scope::submit));
  EXPECT_FALSE(as("again").scopes.has(Scope::operate));
  EXPECT_TRUE(authenticate(state_, sha256("film-studio"), now_)) << "older ones stay as they are";
  EXPECT_EQ(refused(as("film-studio"), ReissueToken{"guizhou", sha256("x")}).reason, RefusalReason::forbidden);
  EXPECT_EQ(refused(as("root"), ReissueToken{"platform", sha256("x")}).reason, RefusalReason::forbidden);
  EXPECT_EQ(refused(as("root"), ReissueToken{"nobody", sha256("x")}).reason, RefusalReason::not_found);
  must(host_, ReissueToken{"platform", sha256("root again")});
  EXPECT_TRUE(as("root again").scopes.has(Scope::operate));
}

TEST_F(PartyTest, AgentsRevokeNobodysToken) {
  // The agent of guian tries to lock its provider out.
  EXPECT_EQ(refused(as("agent guian"), RevokeToken{sha256("guizhou")}).reason, RefusalReason::forbidden);
}

}  // namespace
}  // namespace dayan::core
