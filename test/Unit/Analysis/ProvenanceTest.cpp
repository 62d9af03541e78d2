//===- ProvenanceTest.cpp - where an op came from -------------------------===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "remat/Analysis/Provenance.h"

#include "ParsedModule.h"

namespace remat::test {
namespace {

/// Returns "scope | file:line" of the location spelled `text`.
std::string provenanceOf(const std::string &text) {
  Context context;
  auto module = context.parse("\"x.y\"() : () -> () loc(" + text + ")");
  mlir::Location loc = module->getBody()->front().getLoc();
  return scopeOf(loc) + " | " + sourceLineOf(loc);
}

struct Case {
  const char *location, *expected;
};

TEST(ProvenanceTest, ScopesAndLines) {
  static constexpr Case cases[] = {
      {"unknown", " | "},
      {R"loc("model.py":12:3)loc", " | model.py:12"},
      {R"loc("model.py":12:3 to 13:7)loc", " | model.py:12"},
      {R"loc("jit(step)/jvp(Model)/Block_0/Dense_0/dot_general"("model.py":12:3))loc",
       "Model/Block_0/Dense_0/dot_general | model.py:12"},
      {R"loc("jit(step)/transpose(jvp(Model))/Block_0/add"(unknown))loc", "Model/Block_0/add | "},
      {R"loc("jit(step)/jvp()/vmap(while)/body/mul"(unknown))loc", "while/body/mul | "},
      {R"loc("jit(step)"(unknown))loc", " | "},
      {R"loc("Model/jit(relu)/max"(unknown))loc", "Model/relu/max | "},
      {R"loc("custom(x/y)/z"(unknown))loc", "custom(x/y)/z | "},
      // What the inliner makes: the body of relu, called from a layer.
      {R"loc(callsite("max"("flax.py":1:1) at
          "jit(step)/jvp(Model)/Block_0/jit(relu)"("model.py":5:1)))loc",
       "Model/Block_0/relu/max | flax.py:1"},
      {R"loc(fused["a.py":1:1, "jit(f)/Model/add"("b.py":2:2)])loc", "Model/add | a.py:1"},
      {R"loc(fused<"merged">["jit(f)/Model/add"(unknown), "other"("b.py":2:2)])loc",
       "Model/add | b.py:2"},
      // JAX's traceback: names of Python functions inside are not scopes.
      {R"loc("jit(f)/Dense_0/add"(callsite(
          "Dense.__call__"("/venv/lib/python3.11/site-packages/flax/linen/linear.py":294:11) at
          callsite("M.__call__"("/src/user/model.py":9:15) at
                   "<module>"("/src/user/train.py":3:1)))))loc",
       "Dense_0/add | /src/user/model.py:9"},
      {R"loc("jit(f)/add"("/usr/lib/python3/dist-packages/optax/update.py":7:1))loc",
       "add | /usr/lib/python3/dist-packages/optax/update.py:7"},
  };
  for (const Case &item : cases)
    EXPECT_EQ(provenanceOf(item.location), item.expected) << item.location;
}

TEST(ProvenanceTest, TransposedOps) {
  static constexpr std::pair<const char *, bool> cases[] = {
      {R"loc("jit(step)/transpose(jvp(Model))/Block_0/add"(unknown))loc", true},
      {R"loc("jit(step)/vmap(transpose(jvp()))/add"(unknown))loc", true},
      {R"loc(callsite("max"("flax.py":1:1) at "jit(f)/transpose(jvp())/jit(relu)"(unknown)))loc",
       true},
      {R"loc("jit(step)/jvp(Model)/Block_0/add"(unknown))loc", false},
      {R"loc("jit(step)/jvp(transpose(jvp(Model)))/add"(unknown))loc", false},
      {R"loc("jit(step)/jvp(Model)/transpose"(unknown))loc", false},
      {"unknown", false},
  };
  Context context;
  for (auto [text, expected] : cases) {
    auto module = context.parse("\"x.y\"() : () -> () loc(" + std::string(text) + ")");
    EXPECT_EQ(isTransposed(module->getBody()->front().getLoc()), expected) << text;
  }
}

} // namespace
} // namespace remat::test
