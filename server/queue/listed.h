// Puts itself in a set for as long as it lives: for those who may interrupt what is going on.
#pragma once

#include <set>

namespace server::queue {

template <class T>
class Listed {
  public:
    Listed(std::set<T*>& set, T* what) : set_(set), what_(what) { set_.insert(what); }
    ~Listed() { set_.erase(what_); }
    Listed(const Listed&) = delete;
    Listed& operator=(const Listed&) = delete;

  private:
    std::set<T*>& set_;
    T* what_;
};

}  // namespace server::queue
