//===- Distribution.h - how ratios are spread ------------------*- C++ -*-===//
//
// Part of Remat, under the Apache License v2.0 with LLVM Exceptions.
// See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef REMAT_TEST_UNIT_PLANNING_SEARCH_DISTRIBUTION_H
#define REMAT_TEST_UNIT_PLANNING_SEARCH_DISTRIBUTION_H

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <vector>

namespace remat::planning {

/// Ratios, for people.
class Distribution {
public:
  void add(int64_t above, int64_t below) {
    if (below > 0)
      ratios.push_back(static_cast<double>(above) / static_cast<double>(below));
    else if (above == 0)
      ratios.push_back(1);
    else
      ratios.push_back(INFINITY);
  }

  void print(const char *what) {
    std::printf("    %-16s n %6zu", what, ratios.size());
    std::sort(ratios.begin(), ratios.end());
    if (!ratios.empty()) {
      auto equal = std::count(ratios.begin(), ratios.end(), 1.0);
      std::printf(", equal %5.1f %%, min %.3f, median %.3f, p90 %.3f, p99 %.3f, max %.3f",
                  100.0 * static_cast<double>(equal) / static_cast<double>(ratios.size()), at(0),
                  at(500), at(900), at(990), at(1000));
    }
    std::printf("\n");
  }

private:
  double at(size_t permille) const { return ratios[(ratios.size() - 1) * permille / 1000]; }

  std::vector<double> ratios;
};

} // namespace remat::planning

#endif // REMAT_TEST_UNIT_PLANNING_SEARCH_DISTRIBUTION_H
