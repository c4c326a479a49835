package show

import "github.com/tracerec/tracerec/format"

// Machine says in words of which host and system a recording is, escaped: that
// of a file whose header is damaged does not say.
func Machine(h *format.Header) (host, system string) {
	host, system = "host not known", "kernel not known"
	if h.Host != "" {
		host = Escape([]byte(h.Host))
	}
	if h.Kernel != "" {
		system = "Linux " + Escape([]byte(h.Kernel))
		if h.Machine != "" {
			system += " " + Escape([]byte(h.Machine))
		}
	}
	return host, system
}
