namespace Orrery.Accounting;
