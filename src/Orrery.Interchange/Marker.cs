namespace Orrery.Interchange;
