#include "wire/problem.h"

#include <gtest/gtest.h>

namespace dayan::wire {
namespace {

// Shows that every kind of Error comes back from its problem document as it went in, with the status agreed on.
TEST(Problem, ErrorsReadBackAsTheyWent) {
  const std::vector<std::pair<ErrorCode, int>> statuses = {
      {ErrorCode::invalid, 400},   {ErrorCode::denied, 403},      {ErrorCode::not_found, 404},
      {ErrorCode::conflict, 422},  {ErrorCode::exhausted, 507},   {ErrorCode::unavailable, 503},
      {ErrorCode::corrupt, 500},   {ErrorCode::unknown_outcome, 503}};
  for (const auto& [code, status] : statuses) {
    const Error error{code, "spec.count", "'x' is wrong\n", "give \"one\""};
    const Problem document = problem(error);
    EXPECT_EQ(document.status, status);
    EXPECT_EQ(parse_problem(document.status, document.body), Faults{error});
  }
}

// Shows that every reason of a refusal has the status agreed on, and becomes a code that its reader can act on.
TEST(Problem, RefusalsKeepTheirMeaning) {
  struct Case {
    RefusalReason reason;
    int status;
    ErrorCode code;
  };
  for (const Case& each : {Case{RefusalReason::invalid, 400, ErrorCode::invalid},
                           Case{RefusalReason::unauthenticated, 401, ErrorCode::denied},
                           Case{RefusalReason::forbidden, 403, ErrorCode::denied},
                           Case{RefusalReason::not_found, 404, ErrorCode::not_found},
                           Case{RefusalReason::already_exists, 409, ErrorCode::conflict},
                           Case{RefusalReason::wrong_state, 409, ErrorCode::conflict},
                           Case{RefusalReason::insufficient_funds, 402, ErrorCode::exhausted},
                           Case{RefusalReason::stale_agent, 409, ErrorCode::conflict},
                           Case{RefusalReason::not_after_last, 503, ErrorCode::unavailable}}) {
    const Refusal refusal{each.reason, {{ErrorCode::invalid, "a", "b", "c"}, {ErrorCode::invalid, "d", "e", "f"}}};
    const Problem document = problem(refusal);
    EXPECT_EQ(document.status, each.status);
    EXPECT_EQ(parse_problem(document.status, document.body),
              (Faults{{each.code, "a", "b", "c"}, {each.code, "d", "e", "f"}}));
  }
}

// Shows the document itself, against the words of the API agreement.
TEST(Problem, DocumentAsAgreed) {
  const Problem document = problem(Faults{{ErrorCode::invalid, "name", "is missing", "give one"}});
  EXPECT_EQ(document.status, 400);
  EXPECT_EQ(document.body,
            R"({"type":"about:blank","title":"Bad Request","status":400,"detail":"name: is missing; give one",)"
            R"("code":"invalid","errors":[{"field":"name","wrong":"is missing","right":"give one"}]})");
}

// Shows that an answer that is no problem document, or a strange one, still gives one fault with words and a code.
TEST(Problem, AnyBodyGivesAFault) {
  struct Case {
    int status;
    std::string_view body;
    ErrorCode code;
  };
  for (const Case& each :
       {Case{502, "<html>Bad gateway</html>\n<p>", ErrorCode::unknown_outcome}, Case{503, "", ErrorCode::unavailable},
        Case{404, "[]", ErrorCode::not_found}, Case{400, "{}", ErrorCode::invalid},
        Case{418, R"({"code":"teapot","errors":7,"detail":[]})", ErrorCode::invalid},
        Case{503, R"({"code":"unknown_outcome","errors":[{"wrong":""},5]})", ErrorCode::unknown_outcome}}) {
    const Faults faults = parse_problem(each.status, each.body);
    ASSERT_EQ(faults.size(), 1U) << each.body;
    EXPECT_EQ(faults[0].code, each.code) << each.body;
    EXPECT_FALSE(faults[0].wrong.empty());
  }
}

}  // namespace
}  // namespace dayan::wire
