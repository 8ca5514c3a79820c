// Another file in the store's place, while no process has it open: what `mailstead rollback` and `mailstead restore`
// share. Leaves to them which file that is.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace storage {

// Raises the numbers in the copy past what the store's own file has given out; what differs between both counts as
// changed now. False when the newer file cannot be read: then the copy's end counts as unclean, and the next start
// jumps ahead. Done twice it does no harm. Throws engine::Error when the copy cannot be written.
bool carry_numbers_over(const std::filesystem::path& copy, const std::filesystem::path& newer);
// The same where there is no newer file to be read.
void expect_newer_numbers(const std::filesystem::path& copy);

// Gives the store's file a second name, with what lies in its log brought into it first. A log that is left, because
// the file cannot be read or the log is another's, must not stay beside another file: it goes aside, too. The store's
// name is then free to be taken by rename(). False when the directory cannot be written.
bool set_aside(const std::filesystem::path& store, const std::filesystem::path& kept, std::int64_t noted_mark);
// The logs alone, where there is no file.
bool set_logs_aside(const std::filesystem::path& store, const std::filesystem::path& kept);

// The name, or the first of name.2, name.3 … that is free.
std::filesystem::path free_name(const std::string& name);

// 0: it cannot be read, or has none.
int schema_of(const std::filesystem::path& file);

}  // namespace storage
