// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#include "process.h"
#include "witness.h"
#include "freed.h"
#include "lsm.h"
#include "life.h"
#include "uring.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";
