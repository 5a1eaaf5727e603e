from training.forms.booking import BookingForm, CancelForm, LinkForm

__all__ = ["BookingForm", "CancelForm", "LinkForm"]
