// landlock(7), seccomp(2), prctl(2), capset(2), by system calls: glibc has no functions for most of them.
#include "server/confinement.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <utility>

#include "server/privileges.h"

namespace server {

namespace {

std::string yes_or_why(bool done) { return done ? "yes" : fmt::format("no: {}", std::strerror(errno)); }

// Landlock's rights and structures, by number: Debian 12's headers have only the oldest. linux/landlock.h.
constexpr std::uint64_t may_write_file = 1 << 1;
constexpr std::uint64_t may_read_file = 1 << 2;
constexpr std::uint64_t may_read_dir = 1 << 3;
constexpr std::uint64_t may_remove_file = 1 << 5;
constexpr std::uint64_t may_make_file = 1 << 8;
constexpr std::uint64_t may_truncate = 1 << 14;
constexpr std::uint64_t scope_abstract_sockets_and_signals = 3;
constexpr unsigned rule_path_beneath = 1;
constexpr unsigned ask_version = 1;

struct Ruleset {
    std::uint64_t files = 0;
    std::uint64_t network = 0;
    std::uint64_t scope = 0;
};

struct [[gnu::packed]] PathRule {
    std::uint64_t allowed = 0;
    std::int32_t parent = -1;
};

// All rights on files that this version of Landlock knows: what no rule allows is forbidden.
constexpr std::uint64_t known_rights(long version) {
    std::uint64_t rights = (1 << 13) - 1;
    if (version >= 2) rights |= 1 << 13;
    if (version >= 3) rights |= may_truncate;
    if (version >= 5) rights |= 1 << 15;
    return rights;
}

// A path that does not exist, or that we may not see, needs no rule.
bool allow(const Descriptor& ruleset, const std::filesystem::path& path, std::uint64_t rights) {
    const Descriptor at(open(path.c_str(), O_PATH | O_CLOEXEC));
    struct stat status{};
    if (!at || fstat(at.get(), &status) != 0) return true;
    if (!S_ISDIR(status.st_mode)) rights &= may_read_file | may_write_file | may_truncate;
    const PathRule rule{.allowed = rights, .parent = at.get()};
    return syscall(SYS_landlock_add_rule, ruleset.get(), rule_path_beneath, &rule, 0) == 0;
}

bool restrict_files(const std::filesystem::path& data, const Paths& readable) {
    const long version = syscall(SYS_landlock_create_ruleset, nullptr, 0, ask_version);
    if (version < 1) return false;
    const std::uint64_t known = known_rights(version);
    const Ruleset attributes{.files = known, .scope = version >= 6 ? scope_abstract_sockets_and_signals : 0};
    const Descriptor ruleset(static_cast<int>(syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0)));
    if (!ruleset) return false;
    for (const std::filesystem::path& path : readable) {
        if (!allow(ruleset, path, may_read_file | may_read_dir)) return false;
    }
    constexpr std::uint64_t own =
        may_read_file | may_read_dir | may_write_file | may_truncate | may_make_file | may_remove_file;
    return allow(ruleset, data, own & known) && syscall(SYS_landlock_restrict_self, ruleset.get(), 0) == 0;
}

// What a mail server never asks of the kernel: other programs and processes, mounts, the kernel's modules, keys,
// clocks, and what most faults of kernels were found in. The server starts no program: the process that runs [acme]
// hook is there before.
constexpr long forbidden_calls[] = {
    SYS_execve,
    SYS_execveat,
    SYS_ptrace,
    SYS_process_vm_readv,
    SYS_process_vm_writev,
    SYS_kcmp,
    SYS_pidfd_getfd,
    SYS_process_madvise,
    SYS_setns,
    SYS_unshare,
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_move_mount,
    SYS_open_tree,
    SYS_fsopen,
    SYS_fsconfig,
    SYS_fsmount,
    SYS_fspick,
    SYS_mount_setattr,
    SYS_quotactl,
    SYS_quotactl_fd,
    SYS_swapon,
    SYS_swapoff,
    SYS_acct,
    SYS_reboot,
    SYS_kexec_load,
    SYS_kexec_file_load,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_bpf,
    SYS_perf_event_open,
    SYS_userfaultfd,
    SYS_io_uring_setup,
    SYS_io_uring_enter,
    SYS_io_uring_register,
    SYS_keyctl,
    SYS_add_key,
    SYS_request_key,
    SYS_open_by_handle_at,
    SYS_name_to_handle_at,
    SYS_fanotify_init,
    SYS_lookup_dcookie,
    SYS_nfsservctl,
    SYS_syslog,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_clock_adjtime,
    SYS_adjtimex,
    SYS_sethostname,
    SYS_setdomainname,
    SYS_vhangup,
    SYS_personality,
#ifdef __x86_64__
    SYS_iopl,
    SYS_ioperm,
    SYS_modify_ldt,
    SYS_uselib,
#endif
};

constexpr unsigned namespace_flags =
    CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

#if defined(__x86_64__)
constexpr std::uint32_t own_architecture = AUDIT_ARCH_X86_64;
constexpr std::uint32_t foreign_calls_from = 0x40000000;  // x32: the same architecture, other numbers
#elif defined(__aarch64__)
constexpr std::uint32_t own_architecture = AUDIT_ARCH_AARCH64;
constexpr std::uint32_t foreign_calls_from = 0xffffffff;
#else
constexpr std::uint32_t own_architecture = 0;
constexpr std::uint32_t foreign_calls_from = 0xffffffff;
#endif

using Program = std::vector<sock_filter>;

void load(Program& program, std::size_t offset) {
    program.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset)));
}

// Answers with this error if the comparison of what was loaded holds.
void refuse_if(Program& program, std::uint16_t comparison, std::uint32_t value, int error) {
    program.push_back(BPF_JUMP(static_cast<std::uint16_t>(BPF_JMP | comparison | BPF_K), value, 0, 1));
    program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error)));
}

Program forbidding_program() {
    Program program;
    load(program, offsetof(seccomp_data, arch));
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, own_architecture, 1, 0));
    program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
    load(program, offsetof(seccomp_data, nr));
    refuse_if(program, BPF_JGE, foreign_calls_from, EPERM);
    for (const long call : forbidden_calls) refuse_if(program, BPF_JEQ, static_cast<std::uint32_t>(call), EPERM);
    // Its flags are in memory, where a filter cannot see them: glibc then uses clone.
    refuse_if(program, BPF_JEQ, SYS_clone3, ENOSYS);
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3));
    load(program, offsetof(seccomp_data, args[0]));  // the lower half, on both architectures
    refuse_if(program, BPF_JSET, namespace_flags, EPERM);
    program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    return program;
}

bool forbid_calls() {
    if (own_architecture == 0) {
        errno = ENOSYS;
        return false;
    }
    Program program = forbidding_program();
    const sock_fprog whole{static_cast<unsigned short>(program.size()), program.data()};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &whole) == 0;
}

// The capability to bind low ports, for one, is not needed again.
bool give_up_capabilities() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    const __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {};
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    return syscall(SYS_capset, &header, none) == 0;
}

// As the config names them, with their keys.
std::vector<std::pair<std::string, std::filesystem::path>> named_files(const Config& config) {
    std::vector<std::pair<std::string, std::filesystem::path>> files{{"tls.certificate", config.tls.certificate},
                                                                     {"tls.key", config.tls.key},
                                                                     {"tls.trusted", config.tls.trusted},
                                                                     {"dns.trust_anchor", config.dns.trust_anchor}};
    if (config.dkim.publish) files.emplace_back("dns.update_key", config.dns.update_key);
    for (const Route& route : config.queue.route) files.emplace_back("queue.route.ca_file", route.ca_file);
    std::erase_if(files, [](const auto& file) { return file.second.empty(); });
    return files;
}

// The directory that a file is in by its name, and the one that it is in if links are followed.
void add_directories_of(const std::filesystem::path& file, Paths& into) {
    if (file.empty()) return;
    std::error_code missing;
    into.push_back(std::filesystem::absolute(file).lexically_normal().parent_path());
    const std::filesystem::path real = std::filesystem::canonical(file, missing);
    if (!missing) into.push_back(real.parent_path());
}

bool lies_in(const std::filesystem::path& file, const std::filesystem::path& directory) {
    const auto [left, ignored] = std::mismatch(directory.begin(), directory.end(), file.begin(), file.end());
    return left == directory.end();
}

}  // namespace

Confinement confine(const std::filesystem::path& data, const Paths& readable) {
    Confinement done;
    // The order matters: the last two need the first; seccomp comes last, since the others need calls of their own.
    done.no_new_privs = yes_or_why(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    done.undumpable = yes_or_why(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0);
    // Root's are its way to its own files.
    done.capabilities = geteuid() == 0 ? "no: it is root" : yes_or_why(give_up_capabilities());
    done.landlock = yes_or_why(restrict_files(data, readable));
    done.seccomp = yes_or_why(forbid_calls());
    return done;
}

void log_confinement(services::EventLog& log, const Confinement& confinement) {
    const services::EventLog::Fields fields{{"no_new_privs", confinement.no_new_privs},
                                            {"undumpable", confinement.undumpable},
                                            {"without_capabilities", confinement.capabilities},
                                            {"landlock", confinement.landlock},
                                            {"seccomp", confinement.seccomp}};
    const bool whole = std::ranges::all_of(fields, [](const auto& field) { return field.second.text() == "yes"; });
    log.write(whole ? services::Level::info : services::Level::warn, "house", "", "confined", fields);
}

Paths readable_paths(const Config& config, const std::filesystem::path& config_file, const Environment& environment) {
    // Resolver, users, charsets of iconv, certificates of authorities, time zones; /run: where resolv.conf may lead.
    Paths paths{"/etc", "/usr", "/lib", "/lib64", "/run", "/proc", "/sys", "/dev"};
    add_directories_of(config_file, paths);
    for (const auto& [key, file] : named_files(config)) add_directories_of(file, paths);
    if (const auto file = environment("SSL_CERT_FILE")) add_directories_of(*file, paths);
    if (const auto directory = environment("SSL_CERT_DIR")) paths.emplace_back(*directory);
    return paths;
}

std::optional<std::string> first_outside(const Config& config, const Paths& readable) {
    for (const auto& [key, file] : named_files(config)) {
        std::error_code missing;  // then reading it will say so
        const std::filesystem::path real = std::filesystem::weakly_canonical(file, missing);
        const auto holds = [&](const std::filesystem::path& directory) {
            return lies_in(real, std::filesystem::weakly_canonical(directory, missing));
        };
        if (!std::ranges::any_of(readable, holds)) return key + ": " + file.native();
    }
    return std::nullopt;
}

}  // namespace server
