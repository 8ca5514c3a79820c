// Sorting in slices: first runs of bounded length, which are then merged two by two.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "protocols/base/slices.h"

namespace imap {

// `comes_before` compares two items. Needs as much memory again while it works.
template <class T, class ComesBefore>
base::Slices sort_in_slices(std::vector<T>& items, ComesBefore comes_before, base::Pace& pace) {
    constexpr std::size_t first_run = 2'048;
    constexpr std::size_t steps_of_an_item = 12;  // about the comparisons needed to sort the run
    const auto at = [&items](std::size_t index) {
        return items.begin() + static_cast<std::ptrdiff_t>(std::min(index, items.size()));
    };
    for (std::size_t from = 0; from < items.size(); from += first_run) {
        std::sort(at(from), at(from + first_run), comes_before);
        co_await pace.step(first_run * steps_of_an_item);
    }
    if (items.size() <= first_run) co_return;
    std::vector<T> merged;
    merged.reserve(items.size());
    for (std::size_t run = first_run; run < items.size(); run *= 2) {
        merged.clear();
        for (std::size_t from = 0; from < items.size(); from += 2 * run) {
            auto left = at(from);
            auto right = at(from + run);
            const auto middle = right;
            const auto end = at(from + 2 * run);
            while (left != middle || right != end) {
                const bool takes_right = left == middle || (right != end && comes_before(*right, *left));
                merged.push_back(std::move(takes_right ? *right++ : *left++));
                co_await pace.step();
            }
        }
        items.swap(merged);
    }
}

}  // namespace imap
