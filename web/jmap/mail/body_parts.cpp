// body_lists() is the algorithm that RFC 8621 §4.1.4 suggests.
#include "web/jmap/mail/body_parts.h"

#include "protocols/base/text.h"
#include "protocols/mime/parameter.h"

namespace jmap {
namespace {

std::optional<std::string> parameter_of(mime::ParameterCursor parameters, std::string_view name) {
    while (const std::optional<mime::ParameterView> one = parameters.next()) {
        const bool coded = one->name.size() == name.size() + 1 && one->name.ends_with('*');
        if (base::iequals(one->name.substr(0, one->name.size() - (coded ? 1 : 0)), name)) {
            return mime::decode_parameter(one->name, one->value);
        }
    }
    return std::nullopt;
}

BodyPart part_of(const mime::PartView& view, std::vector<std::uint32_t> number) {
    BodyPart part{.number = std::move(number),
                  .view = view,
                  .type = std::string(view.type) + "/" + std::string(view.subtype),
                  .name = parameter_of(view.disposition_parameters, "filename"),
                  .disposition = {},
                  .sub_parts = {}};
    if (!part.name) part.name = parameter_of(view.parameters, "name");
    if (view.disposition) part.disposition = base::lower(*view.disposition);
    if (view.kind != mime::PartKind::multipart) return part;
    mime::PartCursor children = view.children;
    for (std::uint32_t i = 1; const std::optional<mime::PartView> child = children.next(); ++i) {
        std::vector<std::uint32_t> child_number = part.number;
        child_number.push_back(i);
        part.sub_parts.push_back(part_of(*child, std::move(child_number)));
    }
    return part;
}

bool is_inline_media(const std::string& type) {
    return type.starts_with("image/") || type.starts_with("audio/") || type.starts_with("video/");
}

// Which lists a part goes into: inside an alternative, only one of the two bodies may be left.
struct Bodies {
    bool text = true;
    bool html = true;
};

class Sorting {
  public:
    void sort(const std::vector<const BodyPart*>& parts, std::string_view multipart, bool in_alternative,
              Bodies bodies) {
        const std::size_t text_before = lists.text.size();
        const std::size_t html_before = lists.html.size();
        for (std::size_t i = 0; i < parts.size(); ++i) {
            const BodyPart& part = *parts[i];
            if (part.is_multipart()) {
                const std::string_view subtype = part.view.subtype;
                std::vector<const BodyPart*> children;
                for (const BodyPart& child : part.sub_parts) children.push_back(&child);
                sort(children, subtype, in_alternative || subtype == "alternative", bodies);
            } else if (!is_inline(part, i == 0, multipart)) {
                lists.attachments.push_back(&part);
            } else if (multipart == "alternative") {
                put_alternative(part);
            } else {
                if (in_alternative && part.type == "text/plain") bodies.html = false;
                if (in_alternative && part.type == "text/html") bodies.text = false;
                if (bodies.text) lists.text.push_back(&part);
                if (bodies.html) lists.html.push_back(&part);
                if (!(bodies.text && bodies.html) && is_inline_media(part.type)) lists.attachments.push_back(&part);
            }
        }
        if (multipart == "alternative" && bodies.text && bodies.html) fill_up(text_before, html_before);
    }

    BodyLists lists;

  private:
    static bool is_inline(const BodyPart& part, bool first, std::string_view multipart) {
        const bool media = is_inline_media(part.type);
        if (part.disposition == "attachment") return false;
        if (part.type != "text/plain" && part.type != "text/html" && !media) return false;
        // In multipart/related only the first can be; a text with a filename after another part is an attachment.
        return first || (multipart != "related" && (media || !part.name));
    }

    void put_alternative(const BodyPart& part) {
        if (part.type == "text/plain") {
            lists.text.push_back(&part);
        } else if (part.type == "text/html") {
            lists.html.push_back(&part);
        } else {
            lists.attachments.push_back(&part);
        }
    }

    // Where only one of the two was found, it stands for both.
    void fill_up(std::size_t text_before, std::size_t html_before) {
        const bool no_text = text_before == lists.text.size();
        const bool no_html = html_before == lists.html.size();
        for (std::size_t i = html_before; no_text && i < lists.html.size(); ++i) lists.text.push_back(lists.html[i]);
        const std::size_t text_end = no_text ? text_before : lists.text.size();
        for (std::size_t i = text_before; no_html && i < text_end; ++i) lists.html.push_back(lists.text[i]);
    }
};

}  // namespace

std::string BodyPart::id() const {
    std::string text;
    for (const std::uint32_t one : number) text += (text.empty() ? "" : ".") + std::to_string(one);
    return text;
}

std::optional<std::string> BodyPart::charset() const {
    std::optional<std::string> given = parameter_of(view.parameters, "charset");
    if (given) return given;
    return is_text() ? std::optional<std::string>("us-ascii") : std::nullopt;
}

BodyPart body_structure(const mime::SummaryView& summary) {
    const mime::PartView root = summary.root();
    // A message of one part: that is its part 1.
    const bool single = root.kind != mime::PartKind::multipart;
    return part_of(root, single ? std::vector<std::uint32_t>{1} : std::vector<std::uint32_t>());
}

BodyLists body_lists(const BodyPart& root) {
    Sorting sorting;
    sorting.sort({&root}, "mixed", false, {});
    return std::move(sorting.lists);
}

}  // namespace jmap
