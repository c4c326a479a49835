package format

// SumTotals adds up what is known of recordings that become one. Rows, events and
// losses are not added: a writer counts them. An entry may be nil, of a file that is not sealed;
// then how many records the kernel made is not known.
func SumTotals(all []*Totals) Totals {
	t := Totals{Reason: "merged"}
	known := true
	for _, one := range all {
		if one == nil || one.Read == 0 {
			known = false
		}
		if one == nil {
			continue
		}
		t.Seen, t.Read, t.Missed = t.Seen+one.Seen, t.Read+one.Read, t.Missed+one.Missed
		if one.Ended.Boottime > t.Ended.Boottime {
			t.Ended = one.Ended
		}
		if len(all) == 1 || one.Exit != nil {
			t.Exit = one.Exit
		}
		if one.Reason != "split" && one.Reason != "" {
			t.Reason = one.Reason
		}
	}
	if !known {
		t.Seen, t.Read = 0, 0
	}
	return t
}
