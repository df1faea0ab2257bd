// The C of `proto/`, as one module. Written by hand; every *.pb-c.h below and every *.pb-c.c beside this folder is
// protoc-c's and changes by `make proto` alone.

#ifndef COTLP_H
#define COTLP_H

#include "google_protobuf.pb-c.h"
#include "google_rpc.pb-c.h"
#include "otlp_common.pb-c.h"
#include "otlp_resource.pb-c.h"
#include "otlp_trace.pb-c.h"
#include "otlp_trace_service.pb-c.h"

#endif
