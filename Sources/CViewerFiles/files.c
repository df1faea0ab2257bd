#include "CViewerFiles.h"

// C23, which this compiler has in every mode and warns of in older ones.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char api_js[] = {
#embed "web/api.js"
};

static const unsigned char app_js[] = {
#embed "web/app.js"
};

static const unsigned char charts_js[] = {
#embed "web/charts.js"
};

static const unsigned char chat_view_js[] = {
#embed "web/chat-view.js"
};

static const unsigned char dom_js[] = {
#embed "web/dom.js"
};

static const unsigned char filter_bar_js[] = {
#embed "web/filter-bar.js"
};

static const unsigned char filters_js[] = {
#embed "web/filters.js"
};

static const unsigned char first_span_js[] = {
#embed "web/first-span.js"
};

static const unsigned char format_js[] = {
#embed "web/format.js"
};

static const unsigned char help_js[] = {
#embed "web/help.js"
};

static const unsigned char icon_svg[] = {
#embed "web/icon.svg"
};

static const unsigned char index_html[] = {
#embed "web/index.html"
};

static const unsigned char json_tree_js[] = {
#embed "web/json-tree.js"
};

static const unsigned char live_js[] = {
#embed "web/live.js"
};

static const unsigned char marks_js[] = {
#embed "web/marks.js"
};

static const unsigned char messages_js[] = {
#embed "web/messages.js"
};

static const unsigned char range_control_js[] = {
#embed "web/range-control.js"
};

static const unsigned char router_js[] = {
#embed "web/router.js"
};

static const unsigned char span_panel_js[] = {
#embed "web/span-panel.js"
};

static const unsigned char span_types_js[] = {
#embed "web/span-types.js"
};

static const unsigned char store_js[] = {
#embed "web/store.js"
};

static const unsigned char theme_js[] = {
#embed "web/theme.js"
};

static const unsigned char thread_js[] = {
#embed "web/thread.js"
};

static const unsigned char trace_list_js[] = {
#embed "web/trace-list.js"
};

static const unsigned char trace_page_js[] = {
#embed "web/trace-page.js"
};

static const unsigned char tree_rows_js[] = {
#embed "web/tree-rows.js"
};

static const unsigned char usage_js[] = {
#embed "web/usage.js"
};

static const unsigned char viewer_css[] = {
#embed "web/viewer.css"
};

static const unsigned char waterfall_js[] = {
#embed "web/waterfall.js"
};

#define VIEWER_FILE(name, bytes) {name, bytes, sizeof bytes}

static const struct viewer_file table[] = {
    VIEWER_FILE("api.js", api_js),
    VIEWER_FILE("app.js", app_js),
    VIEWER_FILE("charts.js", charts_js),
    VIEWER_FILE("chat-view.js", chat_view_js),
    VIEWER_FILE("dom.js", dom_js),
    VIEWER_FILE("filter-bar.js", filter_bar_js),
    VIEWER_FILE("filters.js", filters_js),
    VIEWER_FILE("first-span.js", first_span_js),
    VIEWER_FILE("format.js", format_js),
    VIEWER_FILE("help.js", help_js),
    VIEWER_FILE("icon.svg", icon_svg),
    VIEWER_FILE("index.html", index_html),
    VIEWER_FILE("json-tree.js", json_tree_js),
    VIEWER_FILE("live.js", live_js),
    VIEWER_FILE("marks.js", marks_js),
    VIEWER_FILE("messages.js", messages_js),
    VIEWER_FILE("range-control.js", range_control_js),
    VIEWER_FILE("router.js", router_js),
    VIEWER_FILE("span-panel.js", span_panel_js),
    VIEWER_FILE("span-types.js", span_types_js),
    VIEWER_FILE("store.js", store_js),
    VIEWER_FILE("theme.js", theme_js),
    VIEWER_FILE("thread.js", thread_js),
    VIEWER_FILE("trace-list.js", trace_list_js),
    VIEWER_FILE("trace-page.js", trace_page_js),
    VIEWER_FILE("tree-rows.js", tree_rows_js),
    VIEWER_FILE("usage.js", usage_js),
    VIEWER_FILE("viewer.css", viewer_css),
    VIEWER_FILE("waterfall.js", waterfall_js),
};

const struct viewer_file *viewer_files_table(void) { return table; }

size_t viewer_file_count(void) { return sizeof table / sizeof *table; }
