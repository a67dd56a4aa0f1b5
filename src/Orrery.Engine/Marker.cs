namespace Orrery.Engine;
