package format

// Why arguments have no witness that works by tracepoints alone, by "call.argument". What
// hooks show all the same stands in the table of docs/witnesses.md.
const (
	onStack    = "copied to the kernel's stack: neither freed nor kept"
	zeroed     = "a secret: the kernel overwrites its copy before it frees it"
	keptLoaded = "kept as long as the module is loaded"
	ofTheClock = "no tracepoint shows the time that is set; the clock itself runs on"
)

// NoWitness says why an argument that is recorded has no witness by
// tracepoint. Every such argument has an entry: a test sees to it.
var NoWitness = map[string]string{
	"utime.times": onStack, "utimes.times": onStack, "futimesat.times": onStack, "utimensat.times": onStack, "utimensat_time64.times": onStack,
	"setxattr.name": onStack, "lsetxattr.name": onStack, "fsetxattr.name": onStack, "setxattrat.name": onStack,
	"getxattr.name": onStack, "lgetxattr.name": onStack, "fgetxattr.name": onStack, "getxattrat.name": onStack,
	"removexattr.name": onStack, "lremovexattr.name": onStack, "fremovexattr.name": onStack, "removexattrat.name": onStack,
	"capset.hdrp":              "its version and pid are used in place; datap's sets are what matters",
	"settimeofday.tv":          ofTheClock,
	"clock_settime.tp":         ofTheClock,
	"clock_settime64.tp":       ofTheClock,
	"mount_setattr.attr":       onStack,
	"init_module.module_image": "copied to vmalloc memory, of whose release no tracepoint tells",
	"init_module.param_values": keptLoaded, "finit_module.param_values": keptLoaded,
	"delete_module.name":      onStack,
	"kexec_file_load.cmdline": "kept with the image",
	"add_key.type":            onStack,
	"add_key.payload":         zeroed,
	"request_key.type":        onStack,
	"keyctl.arg3":             "of a search: " + onStack + "; of an update: " + zeroed,
	"semop.sops":              onStack, "semtimedop.sops": onStack, "semtimedop_time64.sops": onStack,
	"bpf.attr": onStack,
}
