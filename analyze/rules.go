package analyze

// ruleDisagree is the rule of a Disagreement.
const ruleDisagree = "witnesses-disagree"

// RuleIDs are all that RuleID of a finding can be, but for those of policies: policy/NAME.
func RuleIDs() (ids []string) {
	for v := range Disagreement {
		if v != Unpaired {
			ids = append(ids, "toctou/"+v.String())
		}
	}
	ids = append(ids, "toctou/"+ruleDisagree, "io-uring/"+Unpaired.String())
	for _, p := range FSPairs {
		ids = append(ids, "fs-race/"+p.Check+"-"+p.Use)
	}
	for i := range IntegrityRules {
		ids = append(ids, "integrity/"+IntegrityRules[i].Name)
	}
	return ids
}
