// A prepared statement in use: bind in order, step, read columns. Returns to its connection's cache at the end of its
// scope. Usage:
//   Statement rows = connection.statement("SELECT uid, name FROM t WHERE id = ? ORDER BY uid");
//   rows.bind(id);
//   while (rows.step()) { auto [uid, name] = rows.row<Uid, std::string>(); ... }
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "storage/types.h"

struct sqlite3_stmt;

namespace storage::engine {

// Octets to bind as a BLOB, without a copy: they must stay valid until the statement has run.
struct Octets {
    std::string_view view;
};

template <class T>
struct IsStrong : std::false_type {};
template <class Tag, class Rep>
struct IsStrong<Strong<Tag, Rep>> : std::true_type {};
template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};

// Used by one thread at a time, like its connection. Throws engine::Error on database errors.
class Statement {
  public:
    // For Connection: takes a prepared statement; clears `in_use` at the end, or finalises it if that is nullptr.
    Statement(sqlite3_stmt* handle, bool* in_use) : handle_(handle), in_use_(in_use) {}
    Statement(Statement&& other) noexcept
        : handle_(std::exchange(other.handle_, nullptr)), in_use_(other.in_use_), bound_(other.bound_) {}
    Statement& operator=(Statement&&) = delete;
    ~Statement();

    // Resets and binds all parameters in order: integers, bools, enums, Strong, std::string/string_view (TEXT, copied),
    // Octets (BLOB, not copied), std::optional of these and std::nullopt (NULL).
    template <class... Args>
    Statement& bind(const Args&... args) {
        reset();
        (put(args), ...);
        return *this;
    }

    // The next row; false at the end.
    bool step();
    // Runs it to its end, for INSERT, UPDATE or DELETE. bind(...).run() may be repeated.
    void run();
    void reset();

    // A column of the current row. A string_view is valid until the next step, reset or the end.
    template <class T>
    T column(int index) const {
        if constexpr (IsOptional<T>::value) {
            return is_null(index) ? T() : T(column<typename T::value_type>(index));
        } else if constexpr (IsStrong<T>::value) {
            return T{static_cast<decltype(T::value)>(integer(index))};
        } else if constexpr (std::is_same_v<T, std::string_view>) {
            return octets(index);
        } else if constexpr (std::is_same_v<T, std::string>) {
            return std::string(octets(index));
        } else if constexpr (std::is_same_v<T, bool>) {
            return integer(index) != 0;
        } else {
            return static_cast<T>(integer(index));
        }
    }

    // The current row's columns from the first on, by type.
    template <class... Ts>
    std::tuple<Ts...> row() const {
        return columns<Ts...>(std::index_sequence_for<Ts...>());
    }

    bool is_null(int index) const;
    std::int64_t integer(int index) const;
    std::string_view octets(int index) const;  // TEXT or BLOB

  private:
    template <class... Ts, std::size_t... indexes>
    std::tuple<Ts...> columns(std::index_sequence<indexes...>) const {
        return {column<Ts>(static_cast<int>(indexes))...};
    }
    template <class T>
    void put(const T& value) {
        if constexpr (IsOptional<T>::value) {
            value ? put(*value) : put_null();
        } else if constexpr (std::is_same_v<T, std::nullopt_t>) {
            put_null();
        } else if constexpr (IsStrong<T>::value) {
            put_integer(static_cast<std::int64_t>(value.value));
        } else if constexpr (std::is_same_v<T, Octets>) {
            put_blob(value.view);
        } else if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
            put_integer(static_cast<std::int64_t>(value));
        } else {
            put_text(value);
        }
    }
    void put_null();
    void put_integer(std::int64_t value);
    void put_text(std::string_view value);
    void put_blob(std::string_view value);

    sqlite3_stmt* handle_;
    bool* in_use_;
    int bound_ = 0;
};

}  // namespace storage::engine
