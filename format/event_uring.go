package format

// uringEvents show the life of io_uring requests, which never pass sys_enter.
var uringEvents = []Event{
	{
		ID: EventURingCreate, Name: "io_uring_create", Class: ClassWitness, Lane: LaneWitness,
		Hooks:  []Hook{{HookTPBTF, "io_uring_create", "io_uring_create", 0}},
		Groups: GroupIOUring, Default: true,
		Fields: []Field{
			{"ring", ColArg0, KindPointer, "identity of the ring while it exists"}, {"fd", ColArg1, KindFD, ""},
			{"sq_entries", ColArg2, KindCount, ""}, {"cq_entries", ColArg3, KindCount, ""},
			{"flags", ColArg4, KindURingFlags, ""}, {"sqpoll_tid", ColArg5, KindTID, "of the kernel thread that submits; 0 for none"},
		},
		Since: 1, MinKernel: "5.10",
		Doc: "a ring was created; the row's own task is its owner",
	},
	uringRequest(EventURingSubmit, "io_uring_submit", true, "a request was taken from the ring, by the task that called io_uring_enter or by the SQPOLL thread",
		[]Hook{{HookTPBTF, "io_uring_submit_req", "uring_submit_req", 0}, {HookTPBTF, "io_uring_submit_sqe", "uring_submit_sqe", 0}}),
	uringRequest(EventURingAsync, "io_uring_async", true, "a request was handed to a worker thread (iou-wrk)",
		[]Hook{{HookTPBTF, "io_uring_queue_async_work", "uring_queue_async", 0}}),
	{
		ID: EventURingComplete, Name: "io_uring_complete", Class: ClassWitness, Lane: LanePlain,
		Hooks:  []Hook{{HookTPBTF, "io_uring_complete", "uring_complete", 0}},
		Groups: GroupIOUring, Default: true,
		Fields: []Field{
			{"ring", ColArg0, KindPointer, ""}, {"user_data", ColArg1, KindArg, "by which the program knows the request"},
			{"result", ColArg2, KindRet, ""}, {"cflags", ColArg3, KindArg, "IORING_CQE_F_*"},
		},
		Since: 1, MinKernel: "5.10",
		Doc: "a request has completed",
	},
}

// uringRequest is an event about one request.
func uringRequest(id EventID, name string, on bool, doc string, hooks []Hook) Event {
	return Event{
		ID: id, Name: name, Class: ClassWitness, Lane: LanePlain, Hooks: hooks, Groups: GroupIOUring, Default: on,
		Fields: []Field{
			{"ring", ColArg0, KindPointer, ""}, {"opcode", ColArg1, KindURingOp, ""},
			{"user_data", ColArg2, KindArg, "by which the program knows the request"},
			{"fd", ColArg3, KindFD, "of the request, as submitted; -1 for an operation without a file, and before 5.19"},
			{"flags", ColArg4, KindArg, "REQ_F_*, of which the low byte are IOSQE_*"},
			{"owner", ColArg5, KindTGID, "process that the request is for"},
		},
		Since: 1, MinKernel: "5.10", Doc: doc,
	}
}
