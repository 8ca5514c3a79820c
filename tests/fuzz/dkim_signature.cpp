// A header section with DKIM-Signature and ARC fields of any octets: what is read of them keeps its bounds, names that
// are told of faulty signatures are names, and canonical fields are canonical.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "protocols/mailauth/arc_chain.h"
#include "protocols/mailauth/dkim_header_fields.h"
#include "protocols/mailauth/dkim_signature.h"
#include "protocols/mailauth/domain_name.h"

namespace {

using mailauth::Canonicalization;
using mailauth::SignatureKind;

void expect(bool holds) {
    if (!holds) std::abort();
}

void check_names(std::string_view value) {
    const mailauth::DkimNames names = mailauth::dkim_names(value);
    expect(names.domain.empty() || mailauth::normal_domain(names.domain) == names.domain);
    expect(names.selector.empty() || mailauth::normal_domain(names.selector) == names.selector);
    expect(names.algorithm.size() <= 64 && names.signature_start.size() <= 8);
    expect((names.algorithm + names.signature_start).find_first_of("\r\n\"(); \t\\") == std::string::npos);
}

void check_signature(const mailauth::HeaderFields& fields, const mailauth::HeaderFields::Field& field,
                     SignatureKind kind) {
    check_names(field.value);
    const auto signature = mailauth::parse_dkim_signature(field.value, kind);
    if (!signature) {
        expect(!signature.error().reason.empty() && signature.error().verdict != mailauth::DkimVerdict::pass);
        return;
    }
    expect(!signature->signature.empty() && !signature->domain.empty() && !signature->selector.empty());
    if (kind == SignatureKind::dkim) {
        const std::size_t at = signature->identity.rfind('@');
        expect(at != std::string::npos &&
               mailauth::is_within(std::string_view(signature->identity).substr(at + 1), signature->domain));
    } else {
        expect(signature->instance >= 1 && signature->instance <= mailauth::max_arc_sets);
    }
    const std::string own =
        mailauth::without_signature(field.text, signature->written_signature, signature->header_form);
    expect(own.size() <= field.text.size());
    mailauth::Sha256 hash;
    mailauth::hash_fields(hash, fields, signature->fields, signature->header_form);
}

void check_form(std::string_view field) {
    std::string once;
    mailauth::append_canonical_field(once, field, Canonicalization::relaxed);
    std::string twice;
    mailauth::append_canonical_field(twice, once, Canonicalization::relaxed);
    expect(once == twice);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string section(reinterpret_cast<const char*>(data), size);
    // As a value of its own, so that inputs need not have a field's name.
    const std::string field = "DKIM-Signature:" + section;
    for (const SignatureKind kind : {SignatureKind::dkim, SignatureKind::arc_message, SignatureKind::arc_seal}) {
        const mailauth::HeaderFields one(field);
        if (!one.named("dkim-signature").empty()) check_signature(one, one.named("dkim-signature").front(), kind);
    }
    const mailauth::HeaderFields fields(section);
    for (const auto& found : fields.named("dkim-signature")) {
        check_signature(fields, found, SignatureKind::dkim);
        check_form(found.text);
    }
    const auto chain = mailauth::collect_arc_sets(fields);
    expect(chain ? chain->size() <= mailauth::max_arc_sets : !chain.error().empty());
    return 0;
}
