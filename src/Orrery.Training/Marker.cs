namespace Orrery.Training;
