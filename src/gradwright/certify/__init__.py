"""Being sure by arithmetic: values, samples, certificates. Never uses a rule of ours."""
