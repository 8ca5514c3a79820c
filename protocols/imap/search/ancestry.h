// Ancestor questions in a changing forest: trees are joined and cut; each step costs O(log n) amortised, for any depth.
// Sleator and Tarjan's link/cut trees over splay trees. No recursion.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace imap {

class Ancestry {
  public:
    // Nodes 0 to count - 1, each a tree of its own.
    explicit Ancestry(std::uint32_t count) : nodes_(count) {}

    // `child` must be the root of its tree, and `parent` in another tree.
    void join(std::uint32_t parent, std::uint32_t child) {
        expose(child);
        nodes_[child].up = parent;
    }
    // Separates a node, with its subtree, from its parent.
    void cut(std::uint32_t child) {
        expose(child);
        const std::uint32_t above = std::exchange(nodes_[child].shallower, none);
        if (above != none) nodes_[above].up = none;
    }
    std::uint32_t root_of(std::uint32_t node) {
        expose(node);
        while (nodes_[node].shallower != none) node = nodes_[node].shallower;
        splay(node);
        return node;
    }

  private:
    static constexpr std::uint32_t none = UINT32_MAX;
    // A splay tree holds a downward path, ordered by depth; its root's `up` is the parent of the path's top.
    struct Node {
        std::uint32_t up = none;
        std::uint32_t shallower = none;
        std::uint32_t deeper = none;
    };

    bool is_top(std::uint32_t node) const {
        const std::uint32_t up = nodes_[node].up;
        return up == none || (nodes_[up].shallower != node && nodes_[up].deeper != node);
    }
    // Rotates a node with the one above it in their splay tree.
    void rotate(std::uint32_t node) {
        const std::uint32_t up = nodes_[node].up;
        const std::uint32_t beyond = nodes_[up].up;
        if (!is_top(up)) (nodes_[beyond].shallower == up ? nodes_[beyond].shallower : nodes_[beyond].deeper) = node;
        const bool left = nodes_[up].shallower == node;
        std::uint32_t& given = left ? nodes_[node].deeper : nodes_[node].shallower;
        (left ? nodes_[up].shallower : nodes_[up].deeper) = given;
        if (given != none) nodes_[given].up = up;
        given = up;
        nodes_[up].up = node;
        nodes_[node].up = beyond;
    }
    void splay(std::uint32_t node) {
        while (!is_top(node)) {
            const std::uint32_t up = nodes_[node].up;
            if (!is_top(up)) {
                const std::uint32_t beyond = nodes_[up].up;
                const bool straight = (nodes_[up].shallower == node) == (nodes_[beyond].shallower == up);
                rotate(straight ? up : node);
            }
            rotate(node);
        }
    }
    // Makes the path from the tree's root to this node one splay tree, with the node as its root.
    void expose(std::uint32_t node) {
        std::uint32_t below = none;
        for (std::uint32_t at = node; at != none; at = nodes_[at].up) {
            splay(at);
            nodes_[at].deeper = below;
            below = at;
        }
        splay(node);
    }

    std::vector<Node> nodes_;
};

}  // namespace imap
