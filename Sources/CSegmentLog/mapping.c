#include "CSegmentLog.h"

// Swift has no variables of a thread that a signal handler may read.
static _Thread_local int mapping_descriptor = -1;

int mastra_mapping_descriptor(void) {
    return mapping_descriptor;
}

void mastra_set_mapping_descriptor(int descriptor) {
    mapping_descriptor = descriptor;
}
