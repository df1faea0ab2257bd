// The files of the viewer as bytes of the program, so that it needs none beside it.

#include <stddef.h>

struct viewer_file {
    const char *name;
    const unsigned char *bytes;
    size_t size;
};

const struct viewer_file *viewer_files_table(void);
size_t viewer_file_count(void);
