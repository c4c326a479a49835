package analyze

type jsonCoverage struct {
	Type       string            `json:"type"`
	File       safe              `json:"file,omitempty"`
	Files      []safe            `json:"files,omitempty"` // of several segments: all
	Host       safe              `json:"host"`
	Kernel     safe              `json:"kernel"`
	BootID     safe              `json:"boot_id"`
	Analyses   []string          `json:"analyses"`
	Complete   bool              `json:"complete"`
	Incomplete []safe            `json:"incomplete"`
	Damaged    bool              `json:"damaged"`
	Rows       uint64            `json:"rows"`
	Calls      uint64            `json:"calls"`
	Listed     uint64            `json:"findings_listed"`
	Severities map[string]uint64 `json:"severities"`
	Arguments  []jsonArgument    `json:"arguments"`
	Unpaired   []jsonUnpaired    `json:"unpaired"`
	NamePairs  []jsonReason      `json:"name_pairs,omitempty"` // names that one process checked, then used
	Risk       []jsonRisk        `json:"at_risk,omitempty"`
	RiskMore   uint64            `json:"at_risk_not_listed,omitempty"`
	LostTotal  uint64            `json:"lost_total"`
	Lost       []jsonLost        `json:"lost"`
	Orphans    uint64            `json:"witnesses_without_call"`
	Notes      []safe            `json:"notes"`
}

type jsonArgument struct {
	Syscall    string            `json:"syscall"`
	Argument   string            `json:"argument"`
	LeftOut    bool              `json:"left_out,omitempty"` // by record -e
	Calls      uint64            `json:"calls"`
	Verdicts   map[string]uint64 `json:"verdicts"`
	Comparison string            `json:"comparison"`
	Active     *[]string         `json:"active,omitempty"` // absent when the trace does not say
	Rungs      map[string]uint64 `json:"rungs"`
	Agreed     uint64            `json:"two_witnesses_agree"`
	Unknown    uint64            `json:"unexplained"`
	Reasons    []jsonReason      `json:"reasons"`
	Exposed    []string          `json:"exposed"`
}

type jsonReason struct {
	Verdict Verdict `json:"verdict"`
	Reason  string  `json:"reason"`
	Calls   uint64  `json:"calls"`
}

type jsonRisk struct {
	Syscall  string `json:"syscall"`
	Argument string `json:"argument"`
	PID      uint32 `json:"pid"`
	Comm     safe   `json:"comm"`
	Calls    uint64 `json:"calls"`
	Possible bool   `json:"witness_exists"` // but was not active
	First    uint64 `json:"first_row"`
	File     safe   `json:"file,omitempty"` // that it is in, of several segments
}

type jsonUnpaired struct {
	Witness  string   `json:"witness"`
	Reason   string   `json:"reason"`
	Severity Severity `json:"severity"`
	Count    uint64   `json:"count"`
}

type jsonLost struct {
	CPU   *uint16 `json:"cpu,omitempty"` // absent, and lane, where blocks of the file were damaged
	Lane  string  `json:"lane,omitempty"`
	Class string  `json:"class"`
	Count uint64  `json:"count"`
}

// Coverage writes the statement, as the last line of a file's report.
func (j *JSON) Coverage(c *Coverage) error {
	out := jsonCoverage{
		Type: "coverage", File: safe(c.File), Host: safe(c.Host), Kernel: safe(c.Kernel), BootID: safe(c.BootID),
		Analyses: c.Analyses, Complete: len(c.Incomplete) == 0, Incomplete: safes(c.Incomplete), Damaged: c.Damaged,
		Rows: c.Rows, Calls: c.Calls, Listed: c.Listed,
		Severities: make(map[string]uint64), Arguments: []jsonArgument{}, Unpaired: []jsonUnpaired{},
		Files: safes(c.Files), LostTotal: c.Lost.Total, Lost: []jsonLost{}, Orphans: c.Orphans, Notes: safes(c.Notes),
	}
	lowest := Low
	if c.Info {
		lowest = Info
	}
	for s := lowest; s < NumSeverities; s++ {
		out.Severities[s.String()] = c.At(s)
		if s+1 < NumSeverities {
			out.Severities[s.String()] -= c.At(s + 1)
		}
	}
	for i := range c.Arguments {
		out.Arguments = append(out.Arguments, argumentJSON(&c.Arguments[i]))
	}
	for _, u := range c.Unpaired {
		out.Unpaired = append(out.Unpaired, jsonUnpaired(u))
	}
	for _, n := range c.Risk {
		out.Risk = append(out.Risk, jsonRisk{n.Syscall, n.Argument, n.PID, safe(n.Comm), n.Calls, n.Possible, n.First, safe(n.File)})
	}
	out.RiskMore = c.RiskMore
	for _, p := range c.NamePairs {
		out.NamePairs = append(out.NamePairs, jsonReason(p))
	}
	for _, k := range c.Lost.keys() {
		lost := jsonLost{&k.CPU, laneName(k.Lane), className(k.Class), c.Lost.Count[k]}
		if !k.Class.InRing() {
			lost.CPU, lost.Lane = nil, ""
		}
		out.Lost = append(out.Lost, lost)
	}
	return j.enc.Encode(out)
}

func argumentJSON(a *ArgCoverage) jsonArgument {
	out := jsonArgument{
		Syscall: a.Syscall, Argument: a.Argument, LeftOut: a.LeftOut, Calls: a.Calls,
		Verdicts: make(map[string]uint64), Comparison: comparisonNames[a.Comparison], Rungs: make(map[string]uint64),
		Agreed: a.Agreed, Unknown: a.Unexplained, Reasons: []jsonReason{}, Exposed: notNil(a.Exposed),
	}
	if !a.Comparable {
		out.Comparison = "none"
	}
	if a.Known {
		active := notNil(a.Active)
		out.Active = &active
	}
	for v := range Unpaired {
		out.Verdicts[v.String()] = a.Verdicts[v]
	}
	for _, r := range a.Rungs {
		out.Rungs[r.Rung] = r.Calls
	}
	for _, r := range a.Reasons {
		out.Reasons = append(out.Reasons, jsonReason(r))
	}
	return out
}
