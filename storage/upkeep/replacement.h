// Puts another file in the store's place, while no process has it open: shared by `mailstead rollback` and `mailstead
// restore`.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "storage/audit.h"
#include "storage/engine/connection.h"

namespace storage {

// Whether a Mailstead has made this file.
bool is_store(engine::Connection& file);
// The first fault that SQLite finds in the file's structure; empty: none. Reads the whole file.
std::string structural_fault(engine::Connection& file);

// Raises the numbers in the copy above those of the store's own file; everything that differs counts as changed now.
// False if the newer file cannot be read: then the copy is marked as ended uncleanly, so that the next start jumps
// ahead. May be repeated. Throws engine::Error if the copy cannot be written.
bool carry_numbers_over(const std::filesystem::path& copy, const std::filesystem::path& newer);
// The same if there is no readable newer file.
void expect_newer_numbers(const std::filesystem::path& copy);

// Gives the store's file a second name, after copying its log into it. A log that remains, because the file is
// unreadable or the log is another database's, is moved aside too: it must not lie beside another file. rename() may
// then take the store's name. False if the directory cannot be written.
bool set_aside(const std::filesystem::path& store, const std::filesystem::path& kept, std::int64_t noted_mark);
// Only the logs, if there is no file.
bool set_logs_aside(const std::filesystem::path& store, const std::filesystem::path& kept);

// The name, or the first of name.2, name.3 … that is free.
std::filesystem::path free_name(const std::string& name);

// Does nothing if the file's schema is older than the audit.
void note_in_audit_of(const std::filesystem::path& file, const AuditEntry& entry);

// 0: it cannot be read, or has no schema.
int schema_of(const std::filesystem::path& file);

}  // namespace storage
