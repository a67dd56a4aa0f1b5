namespace Orrery.Validation;
